use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range)]
    number: u32,
}

fn main() {}
