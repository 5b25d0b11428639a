use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0.5..=8)]
    number: u32,
}

fn main() {}
