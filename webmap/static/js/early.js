// Before anything is drawn: tells the style sheet that scripts run, so that nothing jumps when they have.
document.documentElement.classList.add('js');
