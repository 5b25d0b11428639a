use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [1, 2], log)]
    number: u32,
}

fn main() {}
