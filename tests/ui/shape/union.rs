use hpo_core::SearchSpace;

#[derive(SearchSpace)]
union Either {
    flag: bool,
}

fn main() {}
