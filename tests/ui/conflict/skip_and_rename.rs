use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(skip, rename = "n")]
    number: u32,
}

fn main() {}
