//! What a sign-in costs: one hash with the default numbers, and one comparison, alone on the pool.

use criterion::{Criterion, criterion_group, criterion_main};
use vestibule::crypto::{
    Secret,
    hash::{Argon2Settings, HashAlgorithm, HasherPool, Hashers},
};

fn settings(algorithm: HashAlgorithm) -> Hashers {
    Hashers {
        algorithm,
        bcrypt_cost: 12,
        argon2: Argon2Settings {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            salt_length: 16,
            key_length: 32,
        },
        memory_budget: 256 << 20,
    }
}

fn password() -> Secret<String> {
    Secret::new("correct horse battery staple".to_owned())
}

fn password_hash(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime starts");
    let mut group = criterion.benchmark_group("password_hash");
    group.sample_size(20);
    for (name, algorithm) in [
        ("argon2id", HashAlgorithm::Argon2),
        ("bcrypt_12", HashAlgorithm::Bcrypt),
    ] {
        let pool = HasherPool::new(&settings(algorithm), false);
        group.bench_function(format!("hash/{name}"), |bencher| {
            bencher.iter(|| runtime.block_on(pool.hash(password())));
        });
        let stored = runtime
            .block_on(pool.hash(password()))
            .expect("the pool is idle");
        group.bench_function(format!("verify/{name}"), |bencher| {
            bencher.iter(|| runtime.block_on(pool.verify(password(), Some(stored.clone()))));
        });
        group.bench_function(format!("unknown_user/{name}"), |bencher| {
            bencher.iter(|| runtime.block_on(pool.verify(password(), None)));
        });
    }
    group.finish();
}

criterion_group!(benches, password_hash);
criterion_main!(benches);
