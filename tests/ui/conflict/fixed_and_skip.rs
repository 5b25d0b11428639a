use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(fixed = 3, skip)]
    number: u32,
}

fn main() {}
