//! A run on the whole terminal, kept up to date.

mod app;
mod screen;
mod tables;
#[cfg(test)]
mod tests;

use crate::viewer::{LookError, Viewer};
use anyhow::Context;
use app::{App, Wish};
use gdg_model::RunId;
use gdg_operations::control::{Control, Controller};
use gdg_operations::overview::Overview;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long a key press is waited for before the thread that reads keys looks whether it is needed.
const KEY_WAIT: Duration = Duration::from_millis(200);

/// What a live screen needs.
pub(crate) struct Live {
    pub(crate) viewer: Viewer,
    /// `None` where a run cannot be paused.
    pub(crate) controller: Option<Controller>,
    pub(crate) refresh_interval: Duration,
    pub(crate) colours: bool,
}

/// What happens.
enum Happening {
    Looked(Box<Result<Overview, LookError>>),
    Terminal(Event),
    Controlled(Control, Result<(), String>),
}

impl Live {
    /// Shows the run until somebody quits. The first look must succeed; later the database may come and go.
    pub(crate) async fn run(mut self) -> anyhow::Result<()> {
        let first = self.viewer.look_for_any().await?;
        let mut app = App::new(first, self.colours, self.controller.is_some(), self.refresh_interval);
        let mut terminal = ratatui::try_init().context("the screen needs a terminal")?;
        let outcome = self.show(&mut terminal, &mut app).await;
        ratatui::restore();
        outcome
    }

    async fn show(self, terminal: &mut DefaultTerminal, app: &mut App) -> anyhow::Result<()> {
        let (happen, mut happenings) = mpsc::channel(16);
        let Self { viewer, controller, refresh_interval, .. } = self;
        let (look_now, looks) = mpsc::channel(1);
        let looking = tokio::spawn(look(viewer, refresh_interval, happen.clone(), looks));
        let keys = happen.clone();
        std::thread::spawn(move || read_keys(&keys));
        loop {
            terminal.draw(|frame| screen::draw(frame, app))?;
            match happenings.recv().await {
                None => break,
                Some(Happening::Looked(seen)) => app.take(*seen),
                Some(Happening::Controlled(control, outcome)) => {
                    app.take_control(control, outcome);
                    let _ = look_now.try_send(());
                }
                Some(Happening::Terminal(event)) => match app.handle(&event) {
                    Wish::Nothing => {}
                    Wish::Quit => break,
                    Wish::Control(control) => {
                        if let (Some(controller), Some(run)) = (controller.clone(), app.run_id()) {
                            tokio::spawn(apply(controller, run, control, happen.clone()));
                        }
                    }
                },
            }
        }
        looking.abort();
        Ok(())
    }
}

/// Looks every `interval`, and whenever it is asked to.
async fn look(
    mut viewer: Viewer,
    interval: Duration,
    happen: mpsc::Sender<Happening>,
    mut asked: mpsc::Receiver<()>,
) {
    loop {
        let _ = tokio::time::timeout(interval, asked.recv()).await;
        let seen = viewer.look_for_any().await;
        if happen.send(Happening::Looked(Box::new(seen))).await.is_err() {
            return;
        }
    }
}

async fn apply(controller: Controller, run: RunId, control: Control, happen: mpsc::Sender<Happening>) {
    let outcome = controller.apply(&run, control).await.map_err(|error| error.to_string());
    let _ = happen.send(Happening::Controlled(control, outcome)).await;
}

/// Passes key presses and resizes on, until nobody takes them.
fn read_keys(happen: &mpsc::Sender<Happening>) {
    while !happen.is_closed() {
        match event::poll(KEY_WAIT) {
            Ok(false) => {}
            Ok(true) => {
                let Ok(event) = event::read() else { return };
                if happen.blocking_send(Happening::Terminal(event)).is_err() {
                    return;
                }
            }
            // The terminal is gone.
            Err(_) => return,
        }
    }
}
