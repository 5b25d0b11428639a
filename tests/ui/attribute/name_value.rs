use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space = "range"]
    flag: bool,
}

fn main() {}
