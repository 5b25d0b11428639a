use hpo_core::SearchSpace;

const LIMIT: usize = 3;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=LIMIT)]
    number: u32,
}

fn main() {}
