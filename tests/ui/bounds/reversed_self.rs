use hpo_core::SearchSpace;

impl Config { const MOST: u32 = 9; }
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = Self::MOST..=1)]
    number: u32,
}

fn main() {}
