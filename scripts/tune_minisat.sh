#!/usr/bin/env bash
# Tunes minisat (package `minisat`) on generated instances: random 3-SAT at the hard ratio, from a
# seed. The value is the number of conflicts, which does not depend on the machine. Restarts are
# either those of Luby or geometric; only the latter have a factor.
#
#     scripts/tune_minisat.sh [PATH OF hpo] [TRIALS]
set -euo pipefail
hpo=$(realpath "${1:-target/release/hpo}")
trials=${2:-60}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 - <<'EOF'
import random

random.seed(1)
for instance in range(5):
    clauses = [random.sample(range(1, 221), 3) for _ in range(937)]
    with open(f"{instance}.cnf", "w") as file:
        file.write(f"p cnf 220 {len(clauses)}\n")
        for clause in clauses:
            signs = " ".join(str(name * random.choice([-1, 1])) for name in clause)
            file.write(f"{signs} 0\n")
EOF

cat >space.json <<'EOF'
{"all": {
  "var-decay": {"float": {"low": 0.6, "high": 0.999, "default": 0.95}},
  "cla-decay": {"float": {"low": 0.9, "high": 0.9999, "default": 0.999}},
  "rnd-freq": {"float": {"low": 0, "high": 0.1, "default": 0}},
  "rfirst": {"int": {"low": 10, "high": 1000, "log": true, "default": 100}},
  "phase-saving": {"categorical": {"choices": [0, 1, 2], "ordered": true, "default": 2}},
  "ccmin-mode": {"categorical": {"choices": [0, 1, 2], "ordered": true, "default": 2}},
  "restarts": {"one_of": {
    "luby": {"all": {"base": {"float": {"low": 1.1, "high": 4, "default": 2}}}},
    "geometric": {"all": {"factor": {"float": {"low": 1.05, "high": 4, "default": 1.5}}}}
  }, "default": "luby"}
}}
EOF

# Exit codes 10 and 20 of a solver mean that it has found an answer.
cat >solve.sh <<'EOF'
#!/bin/sh
[ "$HPO_restarts" = geometric ] && set -- -no-luby "$@"
for instance in 0 1 2 3 4; do
    minisat -verb=1 "$@" $instance.cnf
    case $? in 10 | 20) ;; *) exit 1 ;; esac
done | awk '/^conflicts/ { sum += $3; solved++ } END { if (solved == 5) print "conflicts=" sum }'
EOF
chmod +x solve.sh

"$hpo" run --space space.json --minimize conflicts --trials "$trials" --seed 1 --workers 2 \
    --trial-timeout 60s --trial-memory 1GiB -- ./solve.sh \
    -var-decay={var-decay} -cla-decay={cla-decay} -rnd-freq={rnd-freq} -rfirst={rfirst} \
    -phase-saving={phase-saving} -ccmin-mode={ccmin-mode} \
    -rinc={base} -rinc={factor} 2>&1 | tail -n 4
echo "the defaults of minisat:"
"$hpo" trials runs/studies.db --columns trial,conflicts,explanation --limit 1
