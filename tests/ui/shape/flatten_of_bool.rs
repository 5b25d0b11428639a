use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(flatten)]
    flag: bool,
}

fn main() {}
