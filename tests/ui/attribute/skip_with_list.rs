use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(skip(yes))]
    number: u32,
}

fn main() {}
