use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(len = 1..=3)]
    flags: Vec<Vec<bool>>,
}

fn main() {}
