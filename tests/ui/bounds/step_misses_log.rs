use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 4..=20, log, step = 2)]
    number: u32,
}

fn main() {}
