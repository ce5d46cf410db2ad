"""Figures of an audit and of a map as a run stores them, by hand."""

AUDIT = {
    "n_cases": 40,
    "seconds": 61.4,
    "seal": {"green": 20, "amber": 15, "red": 5},
    "additivity_max": 3.2e-6,
    "converged_share": 0.995,
    "infidelity_better_share": None,
    "deletion_gap": {"value": 1.234, "low": 1.0, "high": 1.5},
    "randomisation_median_rho": 0.123,
    "seeds_top10_share": None,
    "truth": {
        "main_modality_share": 0.7,
        "oracle_main_modality_share": 0.8,
        "pairwise_order_share": 0.75,
        "green_right_share": 0.9,
        "red_right_share": 0.4,
    },
    "counterfactual": {
        "valid_share": 1.0,
        "median_edits": 1.5,
        "fewer_than_greedy_share": 0.25,
        "p95_s": 0.678,
        "greedy_two_or_more": 8,
        "greedy_three_or_more": 3,
        "smallest_proven": 2,
    },
    "p95_s": {"attribution": 0.5, "seal": None},
}
QUALITY = {
    "neighbors": 15.0,
    "knn15": 0.5,
    "knn15_pca": 0.3,
    "knn15_random": 0.05,
    "trustworthiness": 0.9,
    "trustworthiness_pca": 0.7,
    "trustworthiness_random": 0.5,
    "continuity": 0.8,
    "neighbors50": 49.0,
    "knn50": 0.6,
    "knn50_pca": 0.35,
    "knn50_random": 0.15,
}
SEEDS = {"seed_overlap": 0.7, "seed_overlap_random": 0.04, "n_seeds": 5.0}
