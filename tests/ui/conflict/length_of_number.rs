use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(len = 1..=3, range = 1..=10)]
    number: u32,
}

fn main() {}
