use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(fuzzy = 3, range = 1..=10)]
    number: u32,
}

fn main() {}
