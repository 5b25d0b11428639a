use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=u128::MAX)]
    number: u128,
}

fn main() {}
