use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=10, step = 2)]
    number: u32,
}

fn main() {}
