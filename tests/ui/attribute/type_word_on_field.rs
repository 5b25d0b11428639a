use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(tag = "kind")]
    flag: bool,
}

fn main() {}
