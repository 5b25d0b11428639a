use hpo_core::SearchSpace;

const LEAST: u32 = 1;
const MOST: u32 = 9;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = MOST..=LEAST)]
    number: u32,
}

fn main() {}
