use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Tree {
    left: Option<Box<Tree>>,
}

fn main() {}
