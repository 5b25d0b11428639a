use hpo_core::SearchSpace;

type Small = u8;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=300)]
    number: Small,
}

fn main() {}
