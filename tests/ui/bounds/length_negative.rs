use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(len = -1..=1)]
    number: Vec<bool>,
}

fn main() {}
