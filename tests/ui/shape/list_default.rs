use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(len = 1..=3, default = vec![true])]
    flags: Vec<bool>,
}

fn main() {}
