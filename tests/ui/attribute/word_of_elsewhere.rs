use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(low = 1, high = 10)]
    number: u32,
}

fn main() {}
