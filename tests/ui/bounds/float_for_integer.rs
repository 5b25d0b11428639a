use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=1e3)]
    number: u32,
}

fn main() {}
