use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space]
    flag: bool,
}

fn main() {}
