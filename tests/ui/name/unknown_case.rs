use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(rename_all = "Title Case")]
struct Config {
    flag: bool,
}

fn main() {}
