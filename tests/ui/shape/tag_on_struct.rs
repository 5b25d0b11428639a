use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(tag = "kind")]
struct Config {
    flag: bool,
}

fn main() {}
