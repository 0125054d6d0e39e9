# Что говорит бот в Telegram.
bot-start =
    Здравствуйте. Я сообщаю, что происходит с моделями ваших LLM-шлюзов, и отвечаю на вопросы о них.

    /subscribe: получать сообщения в этом чате
    /status: какие модели работают
    /help: всё остальное
bot-help =
    /status [шлюз]: какие модели работают, с задержкой и временем до первого токена
    /models [текст]: найти модели по имени
    /channel [номер]: все каналы или один
    /changes: что изменено на шлюзах
    /free: бесплатные модели OpenRouter
    /subscribe и /unsubscribe: получать сообщения в этом чате или нет
    /mute 2h и /mute off: не беспокоить этот чат какое-то время
    /language en, zh или ru
bot-help-admin =
    Для вас как администратора:
    /pending: изменения, ожидающие вашего решения
    /scan [шлюз]: проверить всё сейчас
    /hold [шлюз [канал]] причина: остановить запись
    /release [шлюз [канал]]: продолжить запись
bot-unknown = Такой команды нет. Что я умею: /help.
bot-stranger = Здесь я не могу отвечать. Номер этого чата: { $chat }; тот, кто мной управляет, может добавить его в telegram.chats.
bot-not-admin = Это может только администратор этого бота.
bot-subscribed = Теперь этот чат получает сообщения. Отписаться: /unsubscribe.
bot-unsubscribed = Этот чат больше не получает сообщений. Подписаться снова: /subscribe.
bot-full = Для новых чатов нет места.
bot-language = Теперь я говорю здесь по-русски.
bot-language-how = Напишите /language en, /language zh или /language ru.
bot-muted = До { $until } этот чат не беспокою. Отменить раньше: /mute off.
bot-unmuted = Этот чат снова получает сообщения.
bot-mute-how = Укажите срок, не больше 30 дней: /mute 2h, /mute 1d, /mute off.
bot-hold-how = Укажите причину: /hold [шлюз [канал]] причина. Без шлюза остановится вся запись.
bot-release-how = Укажите, что именно: /release, /release шлюз или /release шлюз канал.

# Страницы.
bot-part = { $from }–{ $to } из { $total }
bot-sums = { $models ->
    [one] { $models } модель
    [few] { $models } модели
   *[other] { $models } моделей
}: { $lights }{ $withdrawn ->
    [0] {""}
   *[other] , снято: { $withdrawn }
}
bot-running = Идёт проверка { $gateway }: { $done } из { $expected }
bot-last-round = { $gateway }: последняя проверка { $at }
bot-models-with = Модели с «{ $text }»
bot-no-models = Таких моделей нет.
bot-withdrawn = снята
bot-ms = { $n } мс
bot-s = { $n } с
bot-no-gateway = Такого шлюза нет. Есть: { $names }
bot-no-channels = Каналы пока не обнаружены.
bot-no-channel = Такого канала нет. Все каналы: /channel.
bot-which-channel = Канал с таким номером есть на нескольких шлюзах. Укажите, какой: /channel шлюз 3
bot-channel-how = Укажите, какой: /channel 3 или /channel шлюз 3
bot-channel-sums = { $models ->
    [one] { $models } модель
    [few] { $models } модели
   *[other] { $models } моделей
}, не работает: { $down }, снято: { $withdrawn }
bot-uptime = Доступность за 24 часа: { $percent } %
bot-on-hold = Запись остановлена: { $why }
bot-no-changes = Изменений ещё не было.
bot-state-applied = записано
bot-state-undone = отменено
bot-state-open = выполняется
bot-state-conflict = конфликт: изменил кто-то другой
bot-state-abandoned = не записано
bot-free = { $n ->
    [one] { $n } бесплатная модель
    [few] { $n } бесплатные модели
   *[other] { $n } бесплатных моделей
} на OpenRouter, по состоянию на { $at }
bot-no-free = Список OpenRouter ещё не прочитан.
bot-ends = до { $day }
bot-nothing-pending = Нет изменений, ожидающих вашего решения.
bot-held = удержано: { $n }, правило { $guard }

# Кнопки.
bot-key-approve = ✅ Одобрить #{ $n }
bot-key-approve-held = ✅ Одобрить #{ $n } вместе с удержанным
bot-key-reject = ❌ Отклонить #{ $n }
bot-key-undo = ↩ Отменить изменение { $n }
bot-stale = Эта кнопка от старой версии. Отправьте команду ещё раз.
bot-decided-anew = Это уже сделано или изменилось: посмотрите ещё раз, /pending.
bot-under-way = Выполняется.
bot-busy = В очереди уже слишком много задач. Попробуйте чуть позже.

# Что вышло.
bot-act-scan = Проверка, просит { $by }
bot-act-approve = Одобрено: { $by }
bot-act-reject = Отклонено: { $by }
bot-act-undo = Отмена, просит { $by }
bot-act-hold = Запись остановлена: { $by }
bot-act-release = Запись разрешена: { $by }
bot-error-busy = ⏳ { $what }: не сейчас.
bot-error-not-found = ⚠️ { $what }: делать нечего.
bot-error-refused = ⚠️ { $what }: нельзя.
bot-error-failed = ❌ { $what }: не вышло.
bot-ended-applied = записано
bot-ended-conflict = изменил кто-то другой; остаётся его вариант
bot-ended-on-hold = запись остановлена
bot-ended-refused = записывать нельзя
bot-ended-failed = не вышло
bot-ended-held = удерживает защитное правило
bot-ended-gone = канала больше нет
bot-ended-rejected = отклонено; его модели не меняются
bot-ended-rehearsed = пробный прогон, ничего не записано
bot-change = изменение { $n }

# Меню.
bot-menu-status = Какие модели работают
bot-menu-models = Найти модели по имени
bot-menu-channel = Все каналы или один
bot-menu-changes = Что изменено
bot-menu-free = Бесплатные модели OpenRouter
bot-menu-subscribe = Получать сообщения в этом чате
bot-menu-unsubscribe = Больше не получать сообщений
bot-menu-mute = Не беспокоить этот чат
bot-menu-language = en, zh или ru
bot-menu-help = Что я умею
bot-menu-pending = Изменения, ожидающие вашего решения
bot-menu-scan = Проверить всё сейчас
bot-menu-hold = Остановить запись
bot-menu-release = Продолжить запись
