use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=10, step = 5, default = 7)]
    number: u32,
}

fn main() {}
