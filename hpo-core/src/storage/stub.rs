#![allow(missing_docs)]
use super::*;
use std::sync::{Arc, Mutex};
#[derive(Debug, Default)]
pub struct Memory(Mutex<Vec<(StudyRecord, Trials)>>);
impl Memory {
    pub fn new() -> Self {
        Self::default()
    }
}
pub fn open(_: &str) -> Result<Arc<dyn Storage>, StorageError> {
    Ok(Arc::new(Memory::new()))
}
impl Storage for Memory {
    fn create_study(&self, name: &str, d: &[Direction]) -> Result<StudyId, StorageError> {
        let mut s = self.0.lock().unwrap();
        let id = StudyId(s.len() as u64);
        s.push((
            StudyRecord {
                id,
                name: name.into(),
                directions: d.to_vec(),
                attributes: Attributes::default(),
            },
            Trials::new(d.len()),
        ));
        Ok(id)
    }
    fn studies(&self) -> Result<Vec<StudyRecord>, StorageError> {
        Ok(self.0.lock().unwrap().iter().map(|s| s.0.clone()).collect())
    }
    fn study(&self, s: StudyId) -> Result<StudyRecord, StorageError> {
        Ok(self.0.lock().unwrap()[s.0 as usize].0.clone())
    }
    fn delete_study(&self, _: StudyId) -> Result<(), StorageError> {
        Ok(())
    }
    fn set_attribute(
        &self,
        s: StudyId,
        scope: Scope,
        key: &str,
        value: &Json,
    ) -> Result<(), StorageError> {
        self.0.lock().unwrap()[s.0 as usize]
            .0
            .attributes
            .insert(scope, key, value.clone());
        Ok(())
    }
    fn declare(&self, s: StudyId, params: &[Param]) -> Result<(), StorageError> {
        for p in params {
            self.0.lock().unwrap()[s.0 as usize]
                .1
                .declare(&p.path, &p.domain);
        }
        Ok(())
    }
    fn create_trial(&self, s: StudyId, new: NewTrial) -> Result<u64, StorageError> {
        Ok(self.0.lock().unwrap()[s.0 as usize]
            .1
            .create(new, crate::trial::Timestamp::now())?)
    }
    fn next_trial(&self, s: StudyId, most: Option<u64>) -> Result<Next, StorageError> {
        let t = &mut self.0.lock().unwrap()[s.0 as usize].1;
        if most.is_some_and(|m| t.len() - t.waiting().len() as u64 >= m) {
            return Ok(Next::Enough);
        }
        let at = crate::trial::Timestamp::now();
        let first = t.waiting().iter().next().copied();
        if let Some(n) = first {
            t.apply(n, &Event::Started { at })?;
            return Ok(Next::Queued(n));
        }
        Ok(Next::New(t.create(NewTrial::default(), at)?))
    }
    fn record(&self, s: StudyId, n: u64, e: &Event<'_>) -> Result<(), StorageError> {
        Ok(self.0.lock().unwrap()[s.0 as usize].1.apply(n, e)?)
    }
    fn read(&self, s: StudyId, look: &mut dyn FnMut(&Trials)) -> Result<(), StorageError> {
        look(&self.0.lock().unwrap()[s.0 as usize].1);
        Ok(())
    }
    fn recover(&self, _: StudyId) -> Result<Vec<u64>, StorageError> {
        Ok(vec![])
    }
    fn location(&self) -> String {
        "memory".into()
    }
}
