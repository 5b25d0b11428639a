use hpo_core::SearchSpace;

fn limit() -> u32 { 3 }
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=limit())]
    number: u32,
}

fn main() {}
