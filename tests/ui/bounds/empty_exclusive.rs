use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 5..5)]
    number: u32,
}

fn main() {}
