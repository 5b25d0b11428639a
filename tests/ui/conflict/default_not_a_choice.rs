use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [16, 32], default = 64)]
    number: u32,
}

fn main() {}
