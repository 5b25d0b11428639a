use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = "a"..="z", log)]
    text: String,
}

fn main() {}
