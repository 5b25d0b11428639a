use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Inner { flag: bool }
#[derive(SearchSpace)]
struct Config {
    #[search_space(flatten, rename = "x")]
    number: Inner,
}

fn main() {}
