use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [1, 2], step = 1)]
    number: u32,
}

fn main() {}
