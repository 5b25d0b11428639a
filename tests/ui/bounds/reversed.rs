use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 10..=1)]
    number: u32,
}

fn main() {}
