use hpo_core::SearchSpace;

const SIZES: [u32; 2] = [1, 2];
#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = SIZES)]
    number: u32,
}

fn main() {}
