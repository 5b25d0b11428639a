use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = , log)]
    number: u32,
}

fn main() {}
