use hpo_core::SearchSpace;

#[derive(SearchSpace)]
enum Size { S, M }
#[derive(SearchSpace)]
struct Config {
    #[search_space(ordered)]
    number: Size,
}

fn main() {}
