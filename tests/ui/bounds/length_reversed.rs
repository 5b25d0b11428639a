use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(len = 4..=1)]
    number: Vec<bool>,
}

fn main() {}
