use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(skip, default = 3)]
    number: u32,
}

fn main() {}
