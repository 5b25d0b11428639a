use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=10, step = 3, default = 12)]
    number: u32,
}

fn main() {}
