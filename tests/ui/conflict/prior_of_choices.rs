use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [1, 2], prior(center = 1, spread = 1))]
    number: u32,
}

fn main() {}
