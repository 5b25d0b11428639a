use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=300)]
    number: u8,
}

fn main() {}
