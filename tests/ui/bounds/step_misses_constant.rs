use hpo_core::SearchSpace;

const STEP: u32 = 3;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=10, step = STEP)]
    number: u32,
}

fn main() {}
