use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [])]
    number: u32,
}

fn main() {}
