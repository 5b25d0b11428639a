use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=8, log)]
    number: u32,
}

fn main() {}
