use hpo_core::SearchSpace;

const FIRST: u32 = 50;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=10, default = FIRST)]
    number: u32,
}

fn main() {}
